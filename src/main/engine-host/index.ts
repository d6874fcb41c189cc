import { serveEngineHost } from './serve.ts'

serveEngineHost()
