import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { purposeSchema } from '../../src/contract/workbench/files.ts'
import { dialogOptions, pathOfChoice } from '../../src/main/desktop/dialogs.ts'
import { Drops } from '../../src/main/desktop/drops.ts'
import { menuTemplate } from '../../src/main/desktop/menu.ts'
import { openedAs, pathsOfArguments } from '../../src/main/desktop/opened-paths.ts'
import { programPlaces } from '../../src/main/desktop/places.ts'
import { keepPlacement, readPlacement, visibleBounds } from '../../src/main/desktop/window-placement.ts'

type MenuItem = ReturnType<typeof menuTemplate>[number]

const scratch = mkdtempSync(join(tmpdir(), 'snip-desktop-policies-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('where the window stands', () => {
  const laptop = { x: 0, y: 25, width: 1440, height: 875 }
  const right = { x: 1440, y: 0, width: 2560, height: 1400 }

  test('the first time it is centred, at most 1440 x 900 and nine tenths of the display', () => {
    expect(visibleBounds(null, [laptop])).toEqual({ x: 72, y: 69, width: 1296, height: 788 })
    expect(visibleBounds(null, [right])).toEqual({ x: 2000, y: 250, width: 1440, height: 900 })
  })

  test('it stays where it was as long as that can be seen', () => {
    const kept = { x: 1500, y: 100, width: 1200, height: 800 }
    expect(visibleBounds(kept, [laptop, right])).toEqual(kept)
  })

  test('a display that has gone gives it back to one that is there', () => {
    const kept = { x: 1500, y: 100, width: 1200, height: 800 }
    expect(visibleBounds(kept, [laptop])).toEqual({ x: 240, y: 100, width: 1200, height: 800 })
  })

  test('it is no larger than its display and no smaller than it is usable', () => {
    expect(visibleBounds({ x: -50, y: -50, width: 5000, height: 5000 }, [laptop])).toEqual(laptop)
    expect(visibleBounds({ x: 10, y: 30, width: 50, height: 50 }, [laptop])).toEqual({
      x: 10,
      y: 30,
      width: 960,
      height: 600,
    })
  })

  test('what is kept comes back; a damaged or missing file counts as none, an unwritable one costs nothing', () => {
    const file = join(scratch, 'user/window.json')
    const placement = { bounds: { x: -5, y: 0, width: 1000, height: 700 }, maximized: true }
    expect(readPlacement(file)).toBe(null)
    keepPlacement(file, placement)
    expect(readPlacement(file)).toEqual(placement)
    for (const text of [
      '',
      '{',
      '{"bounds":{"x":0}}',
      '{"bounds":{"x":1e9,"y":0,"width":1,"height":1},"maximized":false}',
    ]) {
      writeFileSync(file, text)
      expect(readPlacement(file)).toBe(null)
    }
    writeFileSync(join(scratch, 'plain'), '')
    expect(() => keepPlacement(join(scratch, 'plain/window.json'), placement)).not.toThrow()
  })
})

describe('the menu', () => {
  const build = (platform: NodeJS.Platform) => {
    const sent: string[] = []
    const nothing = () => undefined
    const menus = menuTemplate(
      { platform, name: 'SNIP Workbench', theme: 'light', packaged: true },
      { command: (id) => sent.push(id), back: nothing, forward: nothing, showDataFolder: nothing, about: nothing },
    )
    const items = menus.flatMap(({ submenu }) => (submenu ?? []) as MenuItem[])
    return { menus, items, sent }
  }
  const commands = [
    ...['model', 'data', 'neurons', 'forget', 'prune', 'compare', 'export', 'jobs', 'settings'].map(
      (id) => `view.${id}`,
    ),
    ...'edit.undo edit.redo palette shortcuts diagnostics.copy export.start'.split(' '),
    ...'file.open-model file.import-data file.open-workspace file.new-workspace file.close-workspace'.split(' '),
    ...'zoom.in zoom.out zoom.reset theme.light theme.dark theme.system'.split(' '),
  ]

  test.each(['linux', 'darwin', 'win32'] as const)(
    'on %s it holds every command once, and each says its id',
    (platform) => {
      const { items, sent } = build(platform)
      for (const id of commands) {
        const found = items.filter((item) => item.id === id)
        expect([id, found.length]).toEqual([id, 1])
        found[0]!.click!({} as never, undefined, {})
        expect(sent.at(-1)).toBe(id)
      }
    },
  )

  test('every command is one that the page offers', () => {
    const offered = readFileSync(resolve(import.meta.dirname, '../../src/renderer/app/FrameCommands.tsx'), 'utf8')
    const missing = commands.filter((id) => {
      const view = /^view\.(.*)$/.exec(id)?.[1]
      return view === undefined ? !offered.includes(`'${id}'`) : !offered.includes('`view.${id}`')
    })
    expect(missing).toEqual([])
  })

  test('no two items share their keys, and the views of the rail have 1 to 7', () => {
    const { items } = build('linux')
    const keys = items.flatMap(({ accelerator }) => (accelerator === undefined ? [] : [accelerator]))
    expect(new Set(keys).size).toBe(keys.length)
    expect(items.filter(({ id }) => id?.startsWith('view.')).map(({ accelerator }) => accelerator)).toEqual([
      'CmdOrCtrl+,',
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((digit) => `CmdOrCtrl+${digit}`),
      undefined,
    ])
  })

  test('keys that the page listens to are shown and left to it', () => {
    const { items } = build('linux')
    const registered = items.filter(
      ({ id, accelerator, registerAccelerator }) => id && accelerator && registerAccelerator !== false,
    )
    expect(registered.map(({ id }) => id)).toEqual([
      'file.new-workspace',
      ...['model', 'data', 'neurons', 'forget', 'prune', 'compare', 'export', 'jobs'].map((id) => `view.${id}`),
      'go.back',
      'go.forward',
    ])
  })

  test('a package offers no developer tools', () => {
    const { items } = build('linux')
    expect(items.map(({ role }) => role)).not.toContain('toggleDevTools')
  })

  test('the theme in use is marked', () => {
    const { items } = build('darwin')
    expect(items.filter(({ checked }) => checked).map(({ id }) => id)).toEqual(['theme.light'])
  })
})

describe('what is opened from outside', () => {
  test('words of a start become paths that exist; options of Chromium and the program itself do not', () => {
    writeFileSync(join(scratch, 'model.onnx'), '')
    const words = ['/opt/snip', '--enable-logging', 'model.onnx', 'none.onnx', '', scratch]
    expect(pathsOfArguments(words, scratch, true)).toEqual([join(scratch, 'model.onnx'), scratch])
    expect(pathsOfArguments(['electron', '.', 'model.onnx'], scratch, false)).toEqual([join(scratch, 'model.onnx')])
  })

  test('a folder with workspace.json is a workspace, all else goes to the page', () => {
    const folder = join(scratch, 'mine')
    mkdirSync(folder)
    expect(openedAs(folder)).toEqual({ kind: 'drop', path: folder })
    writeFileSync(join(folder, 'workspace.json'), '{}')
    expect(openedAs(folder)).toEqual({ kind: 'workspace', folder })
    expect(openedAs(join(folder, 'workspace.json'))).toEqual({ kind: 'workspace', folder })
    expect(openedAs(join(scratch, 'gone'))).toEqual({ kind: 'drop', path: join(scratch, 'gone') })
  })

  test('drops are kept for the newest twenty', () => {
    const drops = new Drops()
    const ids = Array.from({ length: 21 }, () => drops.add([scratch])!)
    expect(new Set(ids).size).toBe(21)
    expect(drops.pathsOf(ids[20]!)).toEqual([scratch])
    expect(drops.pathsOf(ids[1]!)).toEqual([scratch])
    expect(() => drops.pathsOf(ids[0]!)).toThrow('not known any more')
    expect(drops.add(Array.from({ length: 1001 }, () => scratch))).toBe(null)
  })
})

describe('dialogs and places', () => {
  test('each purpose asks for files or folders as it needs', () => {
    const asked = purposeSchema.options.map((purpose) => [purpose, dialogOptions(purpose, 'linux').properties])
    expect(asked).toEqual([
      ['model', ['openFile']],
      ['language-model', ['openFile']],
      ['sentence-model', ['openDirectory']],
      ['data', ['openFile']],
      ['workspace', ['openDirectory']],
      ['new-workspace', ['openDirectory', 'createDirectory']],
      ['export-folder', ['openDirectory', 'createDirectory']],
    ])
    expect(dialogOptions('model', 'darwin').properties).toEqual(['openFile', 'openDirectory'])
  })

  test('a file of a model folder stands for the folder, an .onnx file for itself', () => {
    expect(pathOfChoice('model', '/m/gpt2/config.json', dirname)).toBe('/m/gpt2')
    expect(pathOfChoice('model', '/m/gpt2/model-1.safetensors', dirname)).toBe('/m/gpt2')
    expect(pathOfChoice('model', '/m/gpt2/pruned.onnx', dirname)).toBe('/m/gpt2/pruned.onnx')
    expect(pathOfChoice('model', '/m/gpt2', dirname)).toBe('/m/gpt2')
    expect(pathOfChoice('language-model', '/m/qwen/config.json', dirname)).toBe('/m/qwen')
    expect(pathOfChoice('sentence-model', '/m/minilm', dirname)).toBe('/m/minilm')
    expect(pathOfChoice('data', '/m/rows.json', dirname)).toBe('/m/rows.json')
  })

  test('in a package, what plain Node reads lies beside the archive', () => {
    const places = programPlaces('/opt/snip/resources/app.asar', '/home/me/.config/snip')
    expect(places).toEqual({
      preload: '/opt/snip/resources/app.asar/out/preload/index.cjs',
      renderer: '/opt/snip/resources/app.asar/out/renderer',
      icon: '/opt/snip/resources/app.asar/resources/desktop/icon.png',
      hostFile: '/opt/snip/resources/app.asar.unpacked/out/main/engine-host.js',
      resources: '/opt/snip/resources/app.asar.unpacked/resources',
      windowPlacement: '/home/me/.config/snip/window.json',
    })
    expect(programPlaces('/home/me/snip', '/d').hostFile).toBe('/home/me/snip/out/main/engine-host.js')
  })
})
