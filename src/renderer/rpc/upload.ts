import { failureSchema, SnipError } from '../../contract/failure.ts'
import { grantSchema, type Grant } from '../../contract/workbench/files.ts'
import { connectionLost, connectionRefused } from './failures.ts'
import type { UploadOptions } from './channel.ts'

/** Sends a file to the browser door and gets a grant for it. Rejects with a `SnipError`; `cancelled` when aborted. */
export function uploadFile(file: File, address: URL, token: string, options: UploadOptions): Promise<Grant> {
  const { signal, onProgress } = options
  const target = new URL(address)
  target.searchParams.set('name', file.name)
  return new Promise((resolve, reject) => {
    // Unlike fetch it tells how much was sent.
    const request = new XMLHttpRequest()
    const cancel = () => request.abort()
    const end = (how: () => void) => {
      signal?.removeEventListener('abort', cancel)
      how()
    }
    request.upload.addEventListener('progress', ({ loaded }) => onProgress?.(Math.min(loaded, file.size), file.size))
    request.addEventListener('load', () => end(() => settle(request, resolve, reject)))
    request.addEventListener('error', () => end(() => reject(connectionLost())))
    request.addEventListener('abort', () => end(() => reject(new SnipError('cancelled', 'The upload was cancelled'))))
    signal?.addEventListener('abort', cancel)
    request.open('POST', target)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    request.send(file)
    if (signal?.aborted) cancel()
  })
}

function settle(request: XMLHttpRequest, resolve: (grant: Grant) => void, reject: (error: SnipError) => void): void {
  if (request.status === 403) return reject(connectionRefused())
  let answer: unknown = null
  try {
    answer = JSON.parse(request.responseText)
  } catch {
    // Not from our door: told below.
  }
  if (request.status === 200) {
    const grant = grantSchema.safeParse(answer)
    if (grant.success) return resolve(grant.data)
  }
  const failure = failureSchema.safeParse(answer)
  if (failure.success) return reject(SnipError.fromFailure(failure.data))
  reject(
    new SnipError('internal', `The upload was answered with status ${request.status}`, {
      remedy: 'Drop the file again.',
    }),
  )
}
