import type { Act, Script } from './script.ts'

/**
 * Scripts in which the fuzzer found something lost, cut down to what it needs. At the end somebody undoes everything:
 * of two people ada, where the number of beats is even.
 */
export const FOUND: Readonly<Record<string, Script>> = {
  'an open text without words is copied by another: nothing invisible stays': [
    [draw('rectangle', [400, 300]), open(0), rest(), rest(), type(), close()],
    [rest(), rest(), all('Control+c'), { do: 'paste' }, rest(), rest()],
  ],
  'a label is emptied and closed, and that is undone: no text without words comes back': [
    [draw('rectangle', [400, 300]), open(0), type(), { do: 'rub out', pick: 0 }, close(), rest()],
    [rest(), rest(), rest(), rest(), rest(), rest()],
  ],
  'a text is emptied but for its blanks, and all is undone and done again: nothing invisible comes back': [
    [{ do: 'write', at: [500, 300] }, type(), { do: 'rub out', pick: 0 }, close(), rest(), rest()],
    [rest(), rest(), rest(), rest(), rest(), rest()],
  ],
  'one makes a label, another writes in it, and the first undoes everything': [
    [draw('rectangle', [400, 300]), open(0), type(), close(), rest(), rest(), rest(), rest()],
    [rest(), rest(), rest(), rest(), open(0), type(), type(), close()],
  ],
  'one opens a text in which another types, and undoes': [
    [rest(), rest(), open(0), rest(), type(), close(), rest(), rest()],
    [{ do: 'write', at: [500, 300] }, rest(), rest(), type(), type(), close(), rest(), rest()],
  ],
  'two select all of a text and type over it, a third adds to it, and the first undoes everything': [
    [{ do: 'write', at: [500, 300] }, type(), close(), rest(), openAll(), type(), type(), close(), rest()],
    [rest(), rest(), rest(), rest(), openAll(), type(), rest(), close(), rest()],
    [rest(), rest(), rest(), rest(), open(0), type(), type(), close(), rest()],
  ],
  'a text is deleted under the hand that writes it': [
    [{ do: 'write', at: [500, 300] }, type(), rest(), type(), close(), rest()],
    [rest(), rest(), all('Delete'), rest(), rest(), rest()],
  ],
  'one closes a label empty in which another has begun to write': [
    [draw('rectangle', [400, 300]), open(0), rest(), rest(), close(), rest(), rest(), rest()],
    [rest(), rest(), open(0), type(), rest(), type(), close(), rest()],
  ],
  'an arrow is deleted offline by one while another labels it': [
    [draw('arrow', [400, 300]), open(0), type(), rest(), close(), rest()],
    [rest(), { do: 'offline' }, all('Delete'), rest(), rest(), { do: 'online' }],
  ],
  'a box that was deleted under the hand is put back by undo': [
    [draw('rectangle', [400, 300]), rest(), grab(), rest(), { do: 'release' }, { do: 'undo', times: 1 }],
    [rest(), rest(), rest(), all('Delete'), rest(), rest()],
  ],
  'a label is emptied by one while another, offline, drags its box': [
    [draw('rectangle', [400, 300]), open(0), type(), rest(), { do: 'rub out', pick: 0 }, close(), rest(), rest()],
    [rest(), rest(), rest(), { do: 'offline' }, grab(), { do: 'release' }, { do: 'online' }, rest()],
  ],
  'one ties an arrow to a shape that another has tied one to, and takes everything back': [
    [rest(), rest(), rest(), draw('rectangle', [800, 560]), connect(0.99, 0), rest()],
    [draw('rectangle', [400, 300]), draw('rectangle', [800, 320]), connect(0, 0.99), rest(), rest(), rest()],
  ],
  'an arrow between two shapes is made one with elbows': [
    [
      draw('rectangle', [400, 300]),
      draw('rectangle', [800, 560]),
      connect(0, 0.99),
      style(0.99, 'elbow-arrow'),
      rest(),
      rest(),
    ],
    [rest(), rest(), rest(), rest(), rest(), rest()],
  ],
}

function draw(tool: 'rectangle' | 'arrow', from: readonly [number, number]): Act {
  return { do: 'draw', tool, from, to: [from[0] + 160, from[1] + 90] }
}

/** From one element to another, by where they are in the stack. */
function connect(from: number, to: number): Act {
  return { do: 'connect', pick: from, with: to }
}

function style(pick: number, button: string): Act {
  return { do: 'style', pick, button }
}

function open(pick: number): Act {
  return { do: 'open', pick, caret: 'end' }
}

function openAll(): Act {
  return { do: 'open', pick: 0, caret: 'all' }
}

function grab(): Act {
  return { do: 'grab', pick: 0, by: [80, 60] }
}

function all(keys: string): Act {
  return { do: 'all', keys }
}

function rest(): Act {
  return { do: 'rest' }
}

function type(): Act {
  return { do: 'type' }
}

function close(): Act {
  return { do: 'close' }
}
