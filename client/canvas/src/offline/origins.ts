/** Transaction origin of what this device had kept and loads. */
export const KEPT = Symbol('kept on this device')

/** Transaction origin of what another tab of this browser drew. */
export const SIBLING = Symbol('drawn in another tab')
