import { describe, expect, test, vi } from 'vitest'
import type { Grant } from '../../../src/contract/workbench/files.ts'
import { CommandRegistry, type Command } from '../../../src/renderer/app/commands.ts'
import { Handover } from '../../../src/renderer/app/handover.ts'
import { matchingCommands } from '../../../src/renderer/app/match-commands.ts'
import { parseRoute, routeHash } from '../../../src/renderer/app/route-hash.ts'
import { keyNames, matchesShortcut } from '../../../src/renderer/app/shortcut.ts'
import { addressIn } from '../../../src/renderer/views/start/address.ts'

const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }

describe('routes', () => {
  test('a view and what is open in it survive the way through the address', () => {
    for (const arg of [null, 'mlp:3:117', 'a/b', 'ü 100 % 🙂', '..']) {
      expect(parseRoute(routeHash('neurons', arg))).toEqual({ view: 'neurons', arg })
    }
    expect(routeHash('neurons', 'mlp:3:117')).toBe('#/neurons/mlp:3:117')
  })

  test('anything else is the start', () => {
    for (const hash of ['', '#', '#/', '#/nothing', '#token=abc', '#neurons', '#/constructor']) {
      expect(parseRoute(hash)).toEqual({ view: 'start', arg: null })
    }
    expect(parseRoute('#/data/%E0%A4%A')).toEqual({ view: 'data', arg: '%E0%A4%A' })
  })
})

describe('shortcuts', () => {
  test('mod is Ctrl, and Cmd on a Mac', () => {
    const ctrl = { ...none, key: 'k', ctrlKey: true }
    const command = { ...none, key: 'k', metaKey: true }
    expect([matchesShortcut(ctrl, 'mod+k', false), matchesShortcut(ctrl, 'mod+k', true)]).toEqual([true, false])
    expect([matchesShortcut(command, 'mod+k', false), matchesShortcut(command, 'mod+k', true)]).toEqual([false, true])
    expect(matchesShortcut({ ...ctrl, metaKey: true }, 'mod+k', false)).toBe(false)
  })

  test('Shift counts for letters and not for signs that need it', () => {
    expect(matchesShortcut({ ...none, key: 'Z', ctrlKey: true, shiftKey: true }, 'mod+z', false)).toBe(false)
    expect(matchesShortcut({ ...none, key: 'Z', ctrlKey: true, shiftKey: true }, 'mod+shift+z', false)).toBe(true)
    expect(matchesShortcut({ ...none, key: '?', shiftKey: true }, '?', false)).toBe(true)
    expect(matchesShortcut({ ...none, key: '+', ctrlKey: true, shiftKey: true }, 'mod++ mod+=', false)).toBe(true)
    expect(matchesShortcut({ ...none, key: '=', ctrlKey: true }, 'mod++ mod+=', false)).toBe(true)
  })

  test('Alt and a digit go by the place of the key, because a Mac writes another sign', () => {
    expect(matchesShortcut({ ...none, key: '¡', code: 'Digit1', altKey: true }, 'alt+1', true)).toBe(true)
    expect(matchesShortcut({ ...none, key: '1', code: 'Digit1' }, 'alt+1', false)).toBe(false)
  })

  test('keys are named as they stand on the keyboard', () => {
    expect(keyNames('mod+shift+z mod+y', false)).toEqual(['Ctrl', 'Shift', 'Z'])
    expect(keyNames('mod+k', true)).toEqual(['⌘', 'K'])
    expect(keyNames('mod++', false)).toEqual(['Ctrl', '+'])
    expect(keyNames('escape', false)).toEqual(['Esc'])
  })
})

describe('commands', () => {
  const command = (id: string, title: string, run = () => {}): Command => ({ id, title, run })

  test('the later of two commands of one id counts until it goes, even when the earlier changes its words', () => {
    const registry = new CommandRegistry()
    const [frame, view] = [{}, {}]
    const ran: string[] = []
    registry.put(
      frame,
      command('export.start', 'Export', () => ran.push('frame')),
    )
    registry.put(
      view,
      command('export.start', 'Export now', () => ran.push('view')),
    )
    registry.put(
      frame,
      command('export.start', 'Export 2 %', () => ran.push('frame')),
    )
    registry.run('export.start')
    registry.drop(view)
    registry.run('export.start')
    expect(ran).toEqual(['view', 'frame'])
    expect(registry.list().map(({ title }) => title)).toEqual(['Export 2 %'])
  })

  test('a command that is switched off does not run, and nor does one that is not there', () => {
    const registry = new CommandRegistry()
    const run = vi.fn<() => void>()
    registry.put({}, { id: 'edit.undo', title: 'Undo', enabled: false, run })
    expect([registry.run('edit.undo'), registry.run('edit.redo')]).toEqual([false, false])
    expect(run).not.toHaveBeenCalled()
  })

  test('the palette finds commands by every word, those that begin with the text first', () => {
    const all = [
      { ...command('a', 'Import data'), group: 'File' },
      { ...command('b', 'Go to data'), group: 'Go to' },
      { ...command('c', 'Data of today'), group: 'Go to' },
      { ...command('d', 'Delete data'), enabled: false },
    ]
    const titles = (text: string) => matchingCommands(all, text).map(({ title }) => title)
    expect(titles('data')).toEqual(['Data of today', 'Import data', 'Go to data'])
    expect(titles('data go')).toEqual(['Data of today', 'Go to data'])
    expect(titles('  FILE imp ')).toEqual(['Import data'])
    expect(titles('nothing')).toEqual([])
  })
})

describe('files that are handed over', () => {
  const grant: Grant = { id: 'g', kind: 'file', name: 'a.csv', path: '/a.csv', bytes: 3 }

  test('a file is taken up once, and only by the view that it is for', () => {
    const handover = new Handover()
    handover.give('data', grant)
    expect(handover.take('model')).toBeNull()
    expect(handover.take('data')?.grant).toEqual(grant)
    expect(handover.take('data')).toBeNull()
  })
})

describe('the address in a failure', () => {
  test('is read without the punctuation around it', () => {
    expect(addressIn('Join it at http://127.0.0.1:4767/#token=ab-c_1, or end it.')).toBe(
      'http://127.0.0.1:4767/#token=ab-c_1',
    )
    expect(addressIn('Open http://localhost:80.')).toBe('http://localhost/')
  })

  test('is null where there is none, or one of another kind', () => {
    expect(addressIn('Process 4711 has it open.')).toBeNull()
    expect(addressIn('javascript://x http:// nothing')).toBeNull()
  })
})
