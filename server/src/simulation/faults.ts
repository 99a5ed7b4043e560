import type { SimulatedHouse } from './simulated-house.ts'

/** Something that fails; it answers how it ends, and for how long it lasts at most. */
export interface Fault {
  readonly name: string
  /** Undefined when it cannot be now. */
  begin(house: SimulatedHouse): (() => void) | undefined
}

const database = (state: 'stalled' | 'down' | 'full'): Fault => ({
  name: `the database is ${state}`,
  begin(house) {
    house.database.state = state
    return () => house.database.heal()
  },
})

const redis = (state: 'frozen' | 'down'): Fault => ({
  name: `Redis is ${state}`,
  begin(house) {
    if (state === 'down') house.redis.stop()
    else house.redis.state = state
    return () => house.redis.heal()
  },
})

/** What may fail. */
export const FAULTS: readonly Fault[] = [
  database('stalled'),
  database('down'),
  database('full'),
  {
    name: 'answers of the database are lost',
    begin(house) {
      house.database.lossy = house.chance.between(0.1, 0.6)
      return () => house.database.heal()
    },
  },
  {
    name: 'some calls take the database long',
    begin(house) {
      house.database.late = house.chance.between(0.1, 0.4)
      return () => house.database.heal()
    },
  },
  {
    name: 'the database refuses what one room writes',
    begin(house) {
      house.database.refusedRoom = house.chance.oneOf([...house.ledger.rooms.keys()])
      return () => house.database.heal()
    },
  },
  redis('frozen'),
  redis('down'),
  {
    name: 'what goes over Redis is lost here and there',
    begin(house) {
      house.redis.lossy = house.chance.between(0.1, 0.7)
      return () => house.redis.heal()
    },
  },
  {
    name: 'an instance is cut off from Redis',
    begin(house) {
      const instance = house.someInstance()
      if (!instance) return undefined
      house.redis.cutOff.add(instance.life)
      return () => house.redis.heal()
    },
  },
  {
    name: 'an instance loses its connections to Redis',
    begin(house) {
      const instance = house.someInstance()
      if (!instance) return undefined
      house.redis.cut(instance.life)
      return () => undefined
    },
  },
  {
    name: 'an instance is killed',
    begin(house) {
      const instance = house.someInstance()
      if (!instance) return undefined
      house.note(`${instance.life.name} is killed`)
      instance.kill()
      return () => void house.start()
    },
  },
  {
    name: 'an instance is stopped',
    begin(house) {
      const instance = house.someInstance()
      if (!instance) return undefined
      house.note(`${instance.life.name} stops`)
      house.time.as(instance.life, () => void instance.stop())
      return () => void house.start()
    },
  },
]
