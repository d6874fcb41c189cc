import type { ServerResponse } from 'node:http'

type Answer = (path: string, body: unknown) => { status: number; body: unknown }

interface Batch {
  readonly input: string
  output: string | null
  readonly endpoint: string
  readonly metadata: unknown
  looks: number
  isCancelled: boolean
}

/**
 * Files and batches, as far as clients of the Batch interface use them: a batch is done as soon as it is asked after, or after so many looks.
 * One that is cancelled has answered its first request.
 */
export class BatchDesk {
  readonly #answer: Answer
  readonly #failsEvery: number | null
  readonly #filesStay: boolean
  readonly #looks: number
  readonly #files = new Map<string, string>()
  #uploads = 0
  readonly #batches = new Map<string, Batch>()

  constructor(answer: Answer, failsEvery: number | null, filesStay: boolean, looks: number) {
    this.#looks = looks
    this.#answer = answer
    this.#filesStay = filesStay
    this.#failsEvery = failsEvery
  }

  /** Files that lie at the server. */
  get files(): number {
    return this.#files.size
  }

  serve(method: string, path: string, raw: Buffer, contentType: string, response: ServerResponse): void {
    const [, , kind, id, content] = path.split('/')
    if (kind === 'files' && method === 'POST') return this.#send(response, 200, this.#storeUpload(raw, contentType))
    if (kind === 'files' && id !== undefined && content === 'content') {
      const text = this.#files.get(id)
      if (text === undefined)
        return this.#send(response, 404, { error: { message: 'No such file', code: 'not_found' } })
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end(text)
      return
    }
    if (kind === 'files' && method === 'GET' && id !== undefined && this.#files.has(id)) {
      return this.#send(response, 200, { id, object: 'file' })
    }
    if (kind === 'files' && method === 'DELETE' && id !== undefined && this.#files.has(id)) {
      if (this.#filesStay) return this.#send(response, 403, { error: { message: 'Files stay', code: 'forbidden' } })
      return this.#send(response, 200, { id, object: 'file', deleted: this.#files.delete(id) })
    }
    if (kind === 'batches' && method === 'POST' && id === undefined) {
      const { input_file_id: input, endpoint, metadata } = JSON.parse(raw.toString('utf8')) as Record<string, string>
      const key = `batch_${this.#batches.size + 1}`
      this.#batches.set(key, {
        input: input!,
        output: null,
        endpoint: endpoint!,
        metadata,
        looks: 0,
        isCancelled: false,
      })
      return this.#send(response, 200, this.#describe(key))
    }
    if (kind === 'batches' && method === 'GET' && id === undefined) {
      const data = [...this.#batches.keys()].map((key) => this.#describe(key))
      return this.#send(response, 200, { object: 'list', data, has_more: false })
    }
    if (kind === 'batches' && id !== undefined && this.#batches.has(id)) {
      const batch = this.#batches.get(id)!
      if (content === 'cancel') batch.isCancelled = true
      if (batch.isCancelled || (method === 'GET' && ++batch.looks >= this.#looks)) this.#finish(id)
      return this.#send(response, 200, this.#describe(id))
    }
    return this.#send(response, 404, { error: { message: `There is nothing at ${path}`, code: 'not_found' } })
  }

  #storeUpload(raw: Buffer, contentType: string) {
    const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(contentType)
    const mark = `--${boundary?.[1] ?? boundary?.[2] ?? ''}`
    const part = raw
      .toString('utf8')
      .split(mark)
      .find((text) => text.includes('name="file"'))
    const text = part?.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '') ?? ''
    const id = `file_${++this.#uploads}`
    this.#files.set(id, text)
    return {
      id,
      object: 'file',
      bytes: text.length,
      created_at: 0,
      filename: 'requests.jsonl',
      purpose: 'batch',
      status: 'processed',
    }
  }

  #finish(id: string): void {
    const batch = this.#batches.get(id)!
    if (batch.output !== null) return
    const lines = (this.#files.get(batch.input) ?? '').split('\n').filter((line) => line.trim() !== '')
    const answers = (batch.isCancelled ? lines.slice(0, 1) : lines).map((line, at) => {
      const request = JSON.parse(line) as { custom_id: string; url: string; body: unknown }
      const fails = this.#failsEvery !== null && at % this.#failsEvery === 0
      const { status, body } = fails ? { status: 500, body: null } : this.#answer(request.url, request.body)
      return JSON.stringify({
        id: `out_${request.custom_id}`,
        custom_id: request.custom_id,
        response: { status_code: status, request_id: request.custom_id, body },
        error: null,
      })
    })
    // Batches answer in any order.
    const output = `file_${++this.#uploads}`
    this.#files.set(output, answers.toReversed().join('\n'))
    batch.output = output
  }

  #describe(id: string) {
    const { input, output, endpoint, metadata, isCancelled } = this.#batches.get(id)!
    return {
      id,
      object: 'batch',
      endpoint,
      metadata,
      input_file_id: input,
      output_file_id: output,
      error_file_id: null,
      status: output === null ? 'in_progress' : isCancelled ? 'cancelled' : 'completed',
      completion_window: '24h',
      created_at: 0,
      request_counts: { total: 0, completed: 0, failed: 0 },
    }
  }

  #send(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}
