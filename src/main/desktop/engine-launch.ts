import { join } from 'node:path'

/** How the engine's process is started. */
export type EngineLaunch =
  | { readonly kind: 'node'; readonly execPath: string }
  /** Inside Electron: `because` says why, in one sentence for the log. */
  | { readonly kind: 'utility-process'; readonly because: string }

export interface EngineSurroundings {
  readonly packaged: boolean
  readonly platform: NodeJS.Platform
  readonly arch: string
  /** Electron's folder of resources, in a package. */
  readonly resourcesPath: string
  /** The repository, where not packaged. */
  readonly appPath: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly exists: (path: string) => boolean
}

/**
 * A plain Node when there is one: every process of Electron's refuses single allocations of about 2 GiB by ending, and
 * ONNX Runtime makes them. A package takes only the Node that came with it; the repository the one that started it, or a staged one.
 */
export function chooseEngineLaunch(surroundings: EngineSurroundings): EngineLaunch {
  const { packaged, platform, arch, resourcesPath, appPath, environment, exists } = surroundings
  const name = platform === 'win32' ? 'node.exe' : 'node'
  const candidates = packaged
    ? [join(resourcesPath, 'node', name)]
    : [environment['npm_node_execpath'], join(appPath, 'out', 'node', `${platform}-${arch}`, name)]
  for (const candidate of candidates) {
    if (candidate !== undefined && exists(candidate)) return { kind: 'node', execPath: candidate }
  }
  return {
    kind: 'utility-process',
    because: `No Node came with this program (${candidates.at(-1)}): the engine runs inside Electron, where a model that needs more than 2 GiB in one piece ends it.`,
  }
}
