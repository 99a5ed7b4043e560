import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { declareMetrics } from './declare-metrics.ts'

const ROOT = new URL('../../../', import.meta.url)
const file = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

/** What each metric is called, of what kind it is, and what it means. */
async function declared() {
  const registry = new Registry()
  declareMetrics(registry)
  return await registry.getMetricsAsJSON()
}

/** What is asked for, by the names under which Prometheus stores it. */
async function storedNames(): Promise<Set<string>> {
  const names = (await declared()).flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  )
  return new Set(names)
}

const namesIn = (text: string): string[] => text.match(/sketchroom_\w+/g) ?? []

test('five alerts ask for metrics that there are, and each says what to do', async () => {
  const ruleSchema = z.object({ alert: z.string(), expr: z.string(), annotations: z.object({ summary: z.string() }) })
  const { groups } = z
    .object({ groups: z.tuple([z.object({ rules: z.array(ruleSchema) })]) })
    .parse(parse(file('deploy/alerts.yml')))
  const { rules } = groups[0]
  expect(rules).toHaveLength(5)
  const known = await storedNames()
  const manual = file('docs/operating.md')
  for (const { alert, expr, annotations } of rules) {
    expect(namesIn(expr)).not.toEqual([])
    for (const name of namesIn(expr)) expect(known).toContain(name)
    expect(annotations.summary).toMatch(/\b(?:See|Start)\b/)
    expect(manual).toContain(`### ${alert}\n`)
  }
})

test('the dashboard asks for metrics that there are, and for all of them', async () => {
  const targets = z.array(z.object({ expr: z.string() }))
  const { panels } = z
    .object({ panels: z.array(z.object({ targets })) })
    .parse(JSON.parse(file('deploy/grafana-dashboard.json')))
  const asked = new Set(panels.flatMap((panel) => panel.targets.flatMap(({ expr }) => namesIn(expr))))
  const known = await storedNames()
  for (const name of asked) expect(known).toContain(name)
  for (const { name } of await declared()) expect([...asked].some((each) => each.startsWith(name))).toBe(true)
})

test('the manual lists the metrics as they are declared', async () => {
  const rows = (await declared()).map(({ name, type, help }) => [`\`${name}\``, String(type), help])
  const listed = [...file('docs/operating.md').matchAll(/^\| (`sketchroom_\w+`) *\| (\w+) *\| (.*?) *\|$/gm)]
  expect(listed.map(([, ...cells]) => cells)).toEqual(rows)
})
