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
  const address = failure.kind === 'busy' ? addressIn(`${failure.message} ${failure.remedy ?? ''}`) : null
  return (
    <FailureNote failure={failure} onRetry={onRetry} onDismiss={onDismiss}>
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
