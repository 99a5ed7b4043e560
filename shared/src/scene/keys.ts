import { customData, ink, wh, xy } from './bundles.ts'
import * as check from './checks.ts'
import { ELEMENT_TYPES, type ElementType } from './element.ts'
import { isOrderKey } from './fractional-index.ts'
import { property, type KeySpec } from './key-spec.ts'
import { elbow, from, route, to, via } from './line-keys.ts'
import { fit, words, wrapWidth } from './text-keys.ts'

const ALL = ELEMENT_TYPES
const LINEAR = ['line', 'arrow'] as const
const TEXT = ['text'] as const
const MAX_NAME_LENGTH = 256

const arrowhead = check.nullable(
  check.oneOf([
    'arrow',
    'bar',
    'dot',
    'circle',
    'circle_outline',
    'triangle',
    'triangle_outline',
    'diamond',
    'diamond_outline',
    'crowfoot_one',
    'crowfoot_many',
    'crowfoot_one_or_many',
  ]),
)

/**
 * Every key of an element but `type` and `o`, version 1. A key's name, meaning and fallback never change; a new
 * meaning is a new key, and a new schema version where old clients would misread it. README.md says the same for
 * other languages.
 */
export const KEYS: readonly KeySpec[] = [
  property('index', ALL, null, (raw) => (isOrderKey(raw) ? raw : undefined)),
  property('isDeleted', ALL, false, check.flag),
  xy,
  wh,
  from,
  to,
  via,
  elbow,
  route,
  words,
  fit,
  wrapWidth,
  ink,
  property('angle', ALL, 0, check.numberBetween(-1_000, 1_000)),
  property('strokeColor', ALL, '#1e1e1e', check.color),
  property('backgroundColor', ALL, 'transparent', check.color),
  property('fillStyle', ALL, 'solid', check.oneOf(['hachure', 'cross-hatch', 'solid', 'zigzag'])),
  property('strokeWidth', ALL, 2, check.numberBetween(0.1, 1_000)),
  property('strokeStyle', ALL, 'solid', check.oneOf(['solid', 'dashed', 'dotted'])),
  property('roundness', ALL, null, check.nullable(check.roundness)),
  property('roughness', ALL, 1, check.numberBetween(0, 10)),
  property('opacity', ALL, 100, check.numberBetween(0, 100)),
  property('seed', ALL, 1, check.numberBetween(0, 2 ** 53)),
  property('groupIds', ALL, [], check.groupIds),
  property('frameId', ALL, null, check.nullable(check.elementId)),
  property('link', ALL, null, check.nullable(check.link), check.fitLink),
  property('locked', ALL, false, check.flag),
  customData,
  property('name', ['frame'], null, check.nullable(check.stringUpTo(MAX_NAME_LENGTH)), check.cutTo(MAX_NAME_LENGTH)),
  property('fontSize', TEXT, 20, check.numberBetween(1, 10_000)),
  property('fontFamily', TEXT, 5, check.oneOf([1, 2, 3, 5, 6, 7, 8, 9])),
  property('lineHeight', TEXT, 1.25, check.numberBetween(0.1, 10)),
  property('textAlign', TEXT, 'left', check.oneOf(['left', 'center', 'right'])),
  property('verticalAlign', TEXT, 'top', check.oneOf(['top', 'middle', 'bottom'])),
  property('containerId', TEXT, null, check.nullable(check.elementId)),
  property('startBinding', LINEAR, null, check.nullable(check.arrowBinding)),
  property('endBinding', LINEAR, null, check.nullable(check.arrowBinding)),
  property('startArrowhead', LINEAR, null, arrowhead),
  property('endArrowhead', LINEAR, null, arrowhead),
  property('simulatePressure', ['freedraw'], true, check.flag),
]

/** The keys of each kind of element. */
export const KEYS_OF: Readonly<Record<ElementType, readonly KeySpec[]>> = Object.fromEntries(
  ELEMENT_TYPES.map((type) => [type, KEYS.filter((spec) => spec.types.includes(type))]),
) as unknown as Record<ElementType, readonly KeySpec[]>
