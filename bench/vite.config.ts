import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { defineConfig } from 'vite'

const folder = import.meta.dirname
const entries = readdirSync(folder).filter((name) => name.endsWith('.bench.ts') || name.endsWith('.worker.ts'))

/** Benchmarks run in plain Node: each `NAME.bench.ts` becomes out/bench/NAME.bench.js. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: resolve(folder, '../out/bench'),
    emptyOutDir: true,
    target: 'node20.19',
    minify: false,
    rollupOptions: {
      input: Object.fromEntries(entries.map((name) => [basename(name, '.ts'), join(folder, name)])),
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
