import { cpus } from 'node:os'

/** How much of the machine others use, as seen when the bench itself has nothing to do. */
export class OtherWork {
  #busy = 0
  #total = 0

  /** Begins to look, while all of the bench's processes are quiet; what is seen until `end` is others' work. */
  begin(): { end(): void } {
    const before = read()
    return {
      end: () => {
        const now = read()
        this.#busy += now.busy - before.busy
        this.#total += now.total - before.total
      },
    }
  }

  /** The part, 0 to 1, of all processors; `NaN` when nobody looked. */
  get share(): number {
    return this.#busy / this.#total
  }
}

function read(): { busy: number; total: number } {
  let [busy, total] = [0, 0]
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle
    busy += all - times.idle
    total += all
  }
  return { busy, total }
}
