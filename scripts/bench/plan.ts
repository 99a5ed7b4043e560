/** How long and how often everything is measured. Times in milliseconds. */
export interface Plan {
  readonly title: string
  readonly deliveryRounds: number
  /** Of everything but delivery. */
  readonly rounds: number
  readonly warmUpMs: number
  readonly saturationMs: number
  readonly loneMs: number
  readonly manyRooms: number
  readonly manyRoomsMs: number
  readonly fixedRateMs: number
  readonly busyMs: number
  readonly ackMs: number
  readonly coldElements: number
  readonly idleConnections: number
  readonly storedRooms: number
  readonly elementsPerRoom: number
  readonly openedElements: number
  readonly editsBeforeReturn: number
  readonly returns: number
  readonly crowdPeople: number
  readonly crowdElements: number
  readonly cursorPeople: number
  readonly cursorsMs: number
  readonly stalledMs: number
}

/** What the figures in the documentation are from. */
export const FULL: Plan = {
  title: 'full',
  deliveryRounds: 3,
  rounds: 3,
  warmUpMs: 1000,
  saturationMs: 1000,
  loneMs: 10_000,
  manyRooms: 300,
  manyRoomsMs: 4000,
  fixedRateMs: 2000,
  busyMs: 3000,
  ackMs: 4000,
  coldElements: 10_000,
  idleConnections: 1000,
  storedRooms: 100,
  elementsPerRoom: 1000,
  openedElements: 5000,
  editsBeforeReturn: 20_000,
  returns: 200,
  crowdPeople: 150,
  // 4 MB as an update.
  crowdElements: 14_500,
  cursorPeople: 500,
  cursorsMs: 6000,
  stalledMs: 12_000,
}

/** Shows that everything runs; its figures mean little. */
export const QUICK: Plan = {
  ...FULL,
  title: 'quick',
  deliveryRounds: 1,
  rounds: 1,
  warmUpMs: 100,
  saturationMs: 400,
  loneMs: 2000,
  manyRooms: 30,
  manyRoomsMs: 1000,
  fixedRateMs: 400,
  busyMs: 400,
  ackMs: 400,
  coldElements: 2000,
  idleConnections: 100,
  storedRooms: 5,
  elementsPerRoom: 200,
  openedElements: 500,
  editsBeforeReturn: 1000,
  returns: 20,
  crowdPeople: 20,
  crowdElements: 1000,
  cursorPeople: 50,
  cursorsMs: 500,
  stalledMs: 500,
}
