export {
  nodeLauncher,
  type HostLaunch,
  type HostLauncher,
  type HostProcess,
} from '../../engine-host/client/engine-host-process.ts'
