/** How long and how often everything is measured. */
export interface Plan {
  readonly title: string
  readonly deliveryRounds: number
  /** Of everything but delivery. */
  readonly rounds: number
  readonly saturationMs: number
  readonly fixedRateMs: number
  readonly busyMs: number
  readonly ackMs: number
  readonly idleConnections: number
  readonly loadedRooms: number
  readonly elementsPerRoom: number
  readonly coldElements: number
}

/** What the figures in the documentation are from. */
export const FULL: Plan = {
  title: 'full',
  deliveryRounds: 5,
  rounds: 3,
  saturationMs: 1000,
  fixedRateMs: 2000,
  busyMs: 3000,
  ackMs: 3000,
  idleConnections: 500,
  loadedRooms: 50,
  elementsPerRoom: 1000,
  coldElements: 10_000,
}

/** Shows that everything runs; its figures mean little. */
export const QUICK: Plan = {
  ...FULL,
  title: 'quick',
  deliveryRounds: 1,
  rounds: 1,
  saturationMs: 400,
  fixedRateMs: 400,
  busyMs: 400,
  ackMs: 400,
  idleConnections: 100,
  loadedRooms: 5,
  elementsPerRoom: 200,
  coldElements: 2000,
}
