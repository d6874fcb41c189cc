import { notifications } from '@mantine/notifications'
import type { Failure } from '../../contract/failure.ts'

/** A failure that has no place of its own on the screen. Stays until it is put away. */
export function notifyFailure(failure: Pick<Failure, 'message' | 'remedy'>): void {
  notifications.show({
    title: failure.message,
    message: failure.remedy ?? '',
    color: 'red',
    autoClose: false,
    withCloseButton: true,
    closeButtonProps: { 'aria-label': 'Close this message' },
  })
}

/** Something that finished out of sight. For what happened in sight, the status line is enough. */
export function notifyDone(title: string, message = ''): void {
  notifications.show({
    title,
    message,
    autoClose: 6000,
    withCloseButton: true,
    closeButtonProps: { 'aria-label': 'Close this message' },
  })
}
