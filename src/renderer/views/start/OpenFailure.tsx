import { Button } from '@mantine/core'
import type { Failure } from '../../../contract/failure.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { addressIn } from './address.ts'

/** Why a workspace did not open. When another process has it, the way there stands beside the retry. */
export function OpenFailure({
  failure,
  onRetry,
  onDismiss,
}: {
  failure: Failure
  onRetry: () => unknown
  onDismiss: () => void
}) {
  const { kind, message, remedy = '', detail = '' } = failure
  const address = kind === 'busy' ? addressIn(`${message} ${remedy} ${detail}`) : null
  // The address stands on the link: it is not shown a second time as a detail.
  const { detail: _, ...shown } = failure
  return (
    <FailureNote failure={address === null ? failure : shown} onRetry={onRetry} onDismiss={onDismiss}>
      {address !== null && (
        <>
          <Button component="a" href={address}>
            Join it there
          </Button>
          <CopyButton text={address} label="Copy the address" wide />
        </>
      )}
    </FailureNote>
  )
}
