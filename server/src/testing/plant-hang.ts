/** Preloaded into a server (`node --import`): from then on, putting one certain value into a document never ends. */
import * as Y from 'yjs'

// oxlint-disable-next-line unbound-method -- it is called as a method below
const { integrate } = Y.Item.prototype

Y.Item.prototype.integrate = function (this: Y.Item, transaction, offset) {
  if (this.content instanceof Y.ContentAny && this.content.arr[0] === 'hang for ever') for (;;);
  integrate.call(this, transaction, offset)
}
