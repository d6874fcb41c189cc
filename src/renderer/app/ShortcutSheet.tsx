import { Modal } from '@mantine/core'
import { ShortcutList } from './ShortcutList.tsx'

/** Every shortcut of the moment, on one sheet. */
export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Shortcuts" size="lg">
      <ShortcutList />
    </Modal>
  )
}
