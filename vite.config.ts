import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/** The main side: what plain Node runs (the command line, the engine host), and Electron's main. Packages stay external. */
export default defineConfig({
  publicDir: false,
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
