import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/** The preload: one small CommonJS file, since a sandboxed preload can require nothing but electron. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: resolve(root, 'out/preload'),
    emptyOutDir: true,
    // The form that electron-vite asks of a preload; what runs it is the newest Chromium in any case.
    target: 'node24',
    minify: true,
    modulePreload: false,
    reportCompressedSize: false,
    lib: { entry: resolve(root, 'src/preload/index.ts'), formats: ['cjs'], fileName: () => 'index.cjs' },
    rollupOptions: { external: ['electron'] },
  },
})
