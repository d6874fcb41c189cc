#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const commandLine = new URL('../out/main/cli.js', import.meta.url)

if (existsSync(commandLine)) {
  await import(commandLine.href)
} else {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  console.error(`snip is not built yet: run \`npm run build\` in ${folder}`)
  process.exitCode = 1
}
