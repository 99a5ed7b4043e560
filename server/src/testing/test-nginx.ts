import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findDebianProgram } from './debian-program.ts'
import { answers, findFreePort } from './free-port.ts'

const NGINX = {
  name: 'nginx',
  commands: ['nginx', '/usr/sbin/nginx'],
  versionFlag: '-v',
  packages: ['nginx', 'libpcre2-8-0'],
  path: 'usr/sbin/nginx',
}
const COMMITTED = new URL('../../../deploy/nginx.conf', import.meta.url)

/** An nginx of its own, before two instances on this machine. */
export interface TestNginx {
  readonly port: number
  stop(): Promise<void>
}

/** Starts it with the configuration that is given to operators, in which only addresses and the log's place are others. */
export async function startTestNginx(ports: readonly [number, number]): Promise<TestNginx> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-nginx-'))
  const port = await findFreePort()
  const { program, environment } = await findDebianProgram(NGINX)
  const committed = await readFile(COMMITTED, 'utf8')
  const site = replaceEach(committed, {
    'listen 80;': `listen 127.0.0.1:${port};`,
    'listen [::]:80;': '',
    'sketchroom-1:3000': `127.0.0.1:${ports[0]}`,
    'sketchroom-2:3000': `127.0.0.1:${ports[1]}`,
    '/var/log/nginx': directory,
  })
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory};`)
  await writeFile(join(directory, 'site.conf'), site)
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${directory}/pid; events {}
     http { ${scratch.join(' ')} include site.conf; }`,
  )
  const child = spawn(program, ['-e', 'stderr', '-p', directory, '-c', 'nginx.conf'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}:\n${output}`)
    await wait(20)
  }
  return {
    port,
    async stop() {
      process.off('exit', end)
      child.kill('SIGKILL')
      await exited
      await rm(directory, { recursive: true })
    },
  }
}

/** Replaces what must be there: otherwise another configuration would be tested than is given to people. */
function replaceEach(text: string, replacements: Readonly<Record<string, string>>): string {
  let replaced = text
  for (const [from, to] of Object.entries(replacements)) {
    if (!replaced.includes(from)) throw new Error(`deploy/nginx.conf has no «${from}» any more`)
    replaced = replaced.replaceAll(from, to)
  }
  return replaced
}
