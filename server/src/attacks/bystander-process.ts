/** Somebody who draws elsewhere, as a process of its own: what stops the attacker's does not stop its clock. */
import { comeIn } from './place.ts'
import { Bystander } from '../testing/bystander.ts'

const [syncUrl = '', roomId = '', token = ''] = process.argv.slice(2)
const bystander = new Bystander(await comeIn({ syncUrl }, roomId, token))
process.on('message', () => process.send?.(bystander.takeP99()))
process.send?.('ready')
