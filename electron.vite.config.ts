import { defineConfig } from 'electron-vite'
import main from './vite.config.ts'
import preload from './vite.preload.config.ts'
import renderer from './vite.renderer.config.ts'

/** The same targets for electron-vite; `npm run build` takes each configuration on its own. */
export default defineConfig({ main, preload, renderer })
