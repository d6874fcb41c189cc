// Runs before every module, which no import could promise once the build has parted them: tells zod not to try whether it
// may compile code, which the page's policy forbids and reports.
globalThis.__zod_globalConfig = { jitless: true }
