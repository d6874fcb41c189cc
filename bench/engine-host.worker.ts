import { serveEngineHost } from '../src/main/engine-host/serve.ts'

serveEngineHost()
