/**
 * How the desktop app is packaged. Run it by `npm run package`, which builds and stages Node first.
 *
 * Plain Node, in which the engine and the command line run, cannot look into an archive: what they read lies unpacked
 * beside it. The window's own files (Electron's main entry, preload, renderer) stay inside.
 */

/** What plain Node reads. */
const unpacked = [
  'package.json',
  'bin/**',
  'out/main/cli.js',
  'out/main/engine-host.js',
  'out/main/chunks/**',
  'resources/demo/**',
  'node_modules/**',
]

/** Parts of packages that no one reads at run time. */
const leftOut = [
  '!**/*.map',
  '!**/*.{ts,mts,cts,tsx,flow}',
  '!**/{README,CHANGELOG,HISTORY,readme,changelog}*.md',
  '!node_modules/*/{test,tests,docs,example,examples}/**',
  '!**/*.test.{js,cjs,mjs}',
  // What only ONNX Runtime's own installer uses.
  '!node_modules/{adm-zip,global-agent}/**',
  '!node_modules/onnxruntime-node/{lib,script}/**',
  '!node_modules/onnxruntime-common/{lib,dist/esm}/**',
  '!node_modules/keytar/{src,binding.gyp}',
  '!node_modules/keytar/build/**',
  '!node_modules/compromise/{builds,types}/**',
]

/**
 * Of packages that bring the binaries of all platforms, those of the others are left out. All patterns stand in one list:
 * a platform's own list of nothing but exceptions would take in the whole repository again.
 */
const otherPlatforms = [
  '!node_modules/onnxruntime-node/bin/napi-v6/!(${platform})/**',
  '!node_modules/onnxruntime-node/bin/napi-v6/${platform}/!(${arch})/**',
  '!node_modules/keytar/prebuilds/!(${platform}-${arch})/**',
  '!node_modules/@duckdb/node-bindings-!(${platform}-${arch})/**',
]

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.snip-workbench.app',
  productName: 'SNIP Workbench',
  copyright: 'MIT licence',
  directories: { output: 'out/package', buildResources: 'resources/desktop' },
  files: [
    'package.json',
    'bin/**',
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    'resources/demo/**',
    'resources/desktop/icon.png',
    'LICENSE',
    ...leftOut,
    ...otherPlatforms,
  ],
  extraResources: [{ from: 'out/node/${platform}-${arch}', to: 'node', filter: ['node', 'node.exe', 'LICENSE'] }],
  asar: true,
  asarUnpack: unpacked,
  // Native packages bring binaries for Node-API, which Electron's Node has as well: nothing is compiled.
  npmRebuild: false,
  buildDependenciesFromSource: false,
  nodeGypRebuild: false,
  publish: null,
  electronLanguages: ['en-US'],
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },
  fileAssociations: [
    {
      ext: 'onnx',
      name: 'ONNX model',
      description: 'ONNX model',
      mimeType: 'application/x-onnx',
      role: 'Viewer',
      rank: 'Alternate',
    },
  ],
  linux: {
    target: ['AppImage', 'deb'],
    category: 'Science',
    synopsis: 'Make a language model forget, with evidence',
    icon: 'icons',
    executableName: 'snip-workbench',
    maintainer: 'SNIP Workbench',
  },
  deb: { depends: ['libgtk-3-0', 'libnss3', 'libsecret-1-0', 'xdg-utils'] },
  mac: {
    // ONNX Runtime brings no library for Intel Macs any more.
    target: [
      { target: 'dmg', arch: ['arm64'] },
      { target: 'zip', arch: ['arm64'] },
    ],
    category: 'public.app-category.developer-tools',
    icon: 'icon.icns',
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: 'resources/desktop/entitlements.mac.plist',
    entitlementsInherit: 'resources/desktop/entitlements.mac.plist',
    extendInfo: {
      CFBundleDocumentTypes: [
        {
          CFBundleTypeName: 'SNIP workspace folder',
          CFBundleTypeRole: 'Editor',
          LSHandlerRank: 'Alternate',
          LSItemContentTypes: ['public.folder'],
        },
      ],
    },
  },
  win: {
    target: [{ target: 'nsis', arch: ['x64'] }],
    icon: 'icon.ico',
  },
  nsis: {
    oneClick: false,
    perMachine: true,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
  },
}
