import { serveEngineHost } from '../../src/main/engine-host/serve.ts'

/** An engine host that saves a recording after every batch, so that tests can end it anywhere. */
serveEngineHost({ checkpointPauseMs: () => 0 })
