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
  deliveryRounds: 7,
  rounds: 3,
  saturationMs: 1500,
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
  saturationMs: 500,
  fixedRateMs: 500,
  busyMs: 500,
  ackMs: 500,
  idleConnections: 100,
  loadedRooms: 10,
}
