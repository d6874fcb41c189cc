import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/**
 * Packages of plain JavaScript become part of what is built: Node then opens a dozen files at each start instead of
 * six hundred (docs/performance.md). External stay those with binaries and those that are mostly data and seldom needed.
 */
const builtIn = [
  /^@bufbuild\//,
  /^@huggingface\/(jinja|tokenizers)/,
  /^@orpc\//,
  'commander',
  'jpeg-js',
  'openai',
  'pngjs',
  'ws',
  'yaml',
  'zod',
]

/** The main side: what plain Node runs (the command line, the engine host), and Electron's main. */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: builtIn },
  build: {
    ssr: true,
    outDir: 'out/main',
    emptyOutDir: true,
    target: 'node20.19',
    minify: false,
    sourcemap: true,
    rollupOptions: {
      input: {
        desktop: resolve(root, 'src/main/desktop/index.ts'),
        cli: resolve(root, 'src/main/cli/index.ts'),
        'engine-host': resolve(root, 'src/main/engine-host/index.ts'),
      },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
