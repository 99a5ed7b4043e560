import { chromium as playwright, type Browser } from 'playwright-core'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** A real Chromium from an npm package: nothing has to be installed on the machine. */
export async function launchBrowser(): Promise<Browser> {
  // Makes the package unpack the system libraries that the browser needs and a bare machine lacks.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x'
  const { default: chromium } = await import('@sparticuz/chromium')
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ARGS, headless: true })
}
