// The way to whoever runs the program: it has a browser, and keeps count of the flows.

import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// visit lets a person open an address, and returns the one at which they came back. If they came with a form, it has its
// fields as "form".
export async function visit(url) {
  console.log(`visit ${url}`)
  const [address, form] = (await lines.next()).value.split('\t')
  return Object.assign(new URL(address), { form })
}

export const passed = (flow) => console.log(`passed ${flow}`)

export function must(what, holds) {
  if (!holds) throw new Error(`it does not hold that ${what}`)
}

// done lets the program end though standard input is open.
export const done = () => process.stdin.destroy()
