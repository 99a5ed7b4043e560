import { randomInt } from 'node:crypto'

const MANNERS = `
  Amber Bold Bright Brisk Calm Clever Cosy Curious Dapper Eager Gentle Golden Happy Honest Jolly Keen Kind
  Lively Lucky Mellow Merry Nimble Patient Plucky Quick Quiet Silver Snug Steady Sunny Swift Wise
`
  .trim()
  .split(/\s+/)

const ANIMALS = `
  Badger Beaver Bison Crane Dolphin Falcon Finch Fox Gecko Hare Hedgehog Heron Ibex Koala Lark Lynx Magpie
  Marten Mole Newt Otter Owl Panda Puffin Raven Robin Seal Squirrel Stork Swan Tern Wren
`
  .trim()
  .split(/\s+/)

/** A friendly name for somebody who gave none, such as "Quiet Heron". */
export function guestName(): string {
  return `${MANNERS[randomInt(MANNERS.length)]} ${ANIMALS[randomInt(ANIMALS.length)]}`
}
