import { Modal } from '@mantine/core'
import { useEffect, useId, useState, type KeyboardEvent } from 'react'
import { parseNeuron } from '../../contract/neuron.ts'
import { Icon } from '../components/Icon.tsx'
import { KeyHint } from '../components/KeyHint.tsx'
import { useCommands, type Command } from './commands.ts'
import { matchingCommands } from './match-commands.ts'
import { navigate } from './route.ts'
import styles from './Palette.module.css'

/** Every command by its name, and any neuron by its id. */
export function CommandPalette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal.Root opened={opened} onClose={onClose} padding={0} size={560} yOffset={64} transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Commands">{opened && <PaletteBody onClose={onClose} />}</Modal.Content>
    </Modal.Root>
  )
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const { list } = useCommands()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const found = [...neuronCommand(text), ...matchingCommands(list, text)]
  const active = Math.min(at, found.length - 1)

  useEffect(() => {
    document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active, id])

  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    // The window closes first, so that the focus returns before a command moves it.
    window.setTimeout(() => void command.run(), 0)
  }
  const key = (event: KeyboardEvent) => {
    const last = found.length - 1
    if (event.key === 'ArrowDown') setAt(active >= last ? 0 : active + 1)
    else if (event.key === 'ArrowUp') setAt(active <= 0 ? last : active - 1)
    else if (event.key === 'PageDown') setAt(Math.min(last, active + 8))
    else if (event.key === 'PageUp') setAt(Math.max(0, active - 8))
    else if (event.key === 'Enter') choose(found[active])
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className={styles.search}>
        <Icon name="search" />
        <input
          className={styles.input}
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
          aria-label="Command, or a neuron such as mlp:3:117"
          placeholder="Command, or a neuron such as mlp:3:117"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={key}
        />
        <KeyHint shortcut="escape" />
      </div>
      <div
        className={styles.list}
        role="listbox"
        tabIndex={-1}
        id={`${id}-list`}
        aria-label="Commands"
        onKeyDown={key}
        onClick={(event) => choose(found[indexIn(event.target)])}
      >
        {found.map((command, index) => (
          <div
            className={styles.item}
            role="option"
            id={`${id}-${index}`}
            aria-selected={index === active}
            key={command.id}
            tabIndex={-1}
            data-index={index}
            onPointerMove={() => setAt(index)}
          >
            <span className={styles.title}>{command.title}</span>
            <span className={styles.group}>{command.group ?? 'General'}</span>
            <span className={styles.shortcut}>
              {command.shortcut !== undefined && <KeyHint shortcut={command.shortcut} />}
            </span>
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p className={styles.none} role="status">
          No command is called “{text}”. Escape closes this.
        </p>
      )}
    </>
  )
}

/** Which option was clicked; -1 for none. */
function indexIn(target: EventTarget): number {
  const option = target instanceof Element ? target.closest('[data-index]') : null
  return Number(option?.getAttribute('data-index') ?? -1)
}

function neuronCommand(text: string): Command[] {
  const id = text.trim().toLowerCase()
  if (!parseNeuron(id)) return []
  return [{ id: 'neuron', title: `Go to neuron ${id}`, group: 'Neurons', run: () => navigate('neurons', id) }]
}
