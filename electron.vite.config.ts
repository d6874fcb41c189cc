import { defineConfig } from 'electron-vite'
import main from './vite.config.ts'
import renderer from './vite.renderer.config.ts'

/** The same targets for `electron-vite dev` with hot reload; `npm run build` takes each configuration on its own. */
export default defineConfig({ main, renderer })
