import { freemem, homedir, totalmem } from 'node:os'
import { programVersion } from '../version.ts'
import type { WorkbenchSession } from './session.ts'

/** What a person may send to somebody else when something goes wrong: no path of theirs, nothing that looks like a key. */
export function diagnosticsText(session: WorkbenchSession): string {
  const { settings, workbench, door } = session
  const workspace = session.workspaceOrNull()
  const lines = [
    `SNIP Workbench ${programVersion}`,
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, door ${door.door}`,
    `Memory ${megabytes(freemem())} free of ${megabytes(totalmem())}`,
    `Engine ${workbench.engine.pid === undefined ? 'not running' : `process ${workbench.engine.pid}`}`,
    `Settings ${JSON.stringify(settings.current)}`,
    ...(settings.warning === null ? [] : [settings.warning]),
    `Workspace ${workspace === null ? 'none' : JSON.stringify(stateOf(session))}`,
    `Jobs ${session.jobs
      .list()
      .map(
        ({ kind, state, failure }) =>
          `${kind}: ${state}${failure === null ? '' : ` (${failure.kind}: ${failure.message})`}`,
      )
      .join('; ')}`,
    'Last log lines:',
    ...session.logLines().slice(-100),
  ]
  const private_ = [
    { path: workspace?.folder ?? '', name: '<workspace>' },
    { path: session.dataFolder, name: '<data>' },
    { path: session.resources, name: '<program>' },
    { path: homedir(), name: '<home>' },
  ]
  return `${redact(lines.join('\n'), private_)}\n`
}

function stateOf(session: WorkbenchSession): unknown {
  try {
    const state = session.workspaces.state()
    return state && { schema: state.schemaVersion, steps: state.steps.map(({ id, state: at }) => `${id}: ${at}`) }
  } catch {
    return 'its folder is gone'
  }
}

/** Named secrets, key-like words of well-known makers, and any long run of letters and digits that is no hash of ours. */
const secrets: readonly RegExp[] = [
  /\b(authorization|cookie|api[-_ ]?key|access[-_ ]?key|secret|password|passwd|token|bearer)(["']?\s*[:= ]\s*["']?)[^\s"',;&]{4,}/gi,
  /\b(?:sk|pk|rk|hf|ghp|gho|ghs|ghu|glpat|xox[abprs]|github_pat|AKIA|ASIA|AIza|eyJ)[-_A-Za-z0-9.]{8,}/g,
  /[?#&][^\s=]*=[^\s&]{8,}/g,
  /\b(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{24,}\b/g,
]

/** Replaces paths, longest first, and everything that looks like a secret. */
export function redact(text: string, paths: readonly { readonly path: string; readonly name: string }[]): string {
  let clean = text
  for (const { path, name } of paths.toSorted((a, b) => b.path.length - a.path.length)) {
    if (path.length > 1) clean = clean.replaceAll(path, name)
  }
  // Other people's and other folders' paths: only their last part tells something.
  clean = clean.replace(
    /(?<![\w<>:/.])(?:\/[^\s/:"'()]+){2,}/g,
    (path) => `<path>/${path.slice(path.lastIndexOf('/') + 1)}`,
  )
  clean = clean.replace(/\b[A-Za-z]:\\[^\s"']+/g, '<path>')
  clean = clean.replace(secrets[0]!, (_all, name: string, sign: string) => `${name}${sign}<redacted>`)
  for (const secret of secrets.slice(1)) clean = clean.replace(secret, '<redacted>')
  return clean
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MiB`
}
