import type { RoomId } from '@sketchroom/shared/ids'
import type { AccessEpochs } from './access-epochs.ts'
import type { Admission, Admitted, Approach } from './admission.ts'

/** Who connects once may connect again soon: so many are remembered, those who came last. */
const MAX_REMEMBERED = 5_000

/**
 * An admission that remembers its answers. One holds for the same token, room and page for as long as the room's
 * epoch is the same and the token has not ended; so nothing needs to be read when somebody comes back after a moment
 * without a network. Sound only where this process makes every change of access: others' changes raise no epoch here.
 */
export function rememberAdmissions(
  admission: Admission,
  { epochs, now }: { epochs: AccessEpochs; now: () => number },
): Admission {
  const remembered = new Map<string, Admitted>()

  function find(key: string, roomId: RoomId): Admitted | undefined {
    const admitted = remembered.get(key)
    if (!admitted) return undefined
    remembered.delete(key)
    if (admitted.epoch !== epochs.of(roomId) || now() >= admitted.actor.expiresAt) return undefined
    remembered.set(key, admitted)
    return admitted
  }

  return {
    recheck: (actor, roomId) => admission.recheck(actor, roomId),
    async admit(token, roomId, approach) {
      const key = keyOf(token, roomId, approach)
      const known = find(key, roomId)
      if (known) return known
      const admitted = await admission.admit(token, roomId, approach)
      if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value as string)
      remembered.set(key, admitted)
      return admitted
    },
  }
}

function keyOf(token: string, roomId: RoomId, { origin, host, tokenInUrl }: Approach): string {
  return [roomId, token, origin ?? '', host, tokenInUrl].join('\n')
}
