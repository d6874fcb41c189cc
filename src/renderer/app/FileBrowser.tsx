import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import type { Failure } from '../../contract/failure.ts'
import type { Entry, Grant, Purpose } from '../../contract/workbench/files.ts'
import { FailureNote } from '../components/FailureNote.tsx'
import { Icon } from '../components/Icon.tsx'
import { useRemembered } from './remembered.ts'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { EntryList } from './EntryList.tsx'
import { FileUpload } from './FileUpload.tsx'
import styles from './FileBrowser.module.css'

interface Wanted {
  readonly file: boolean
  readonly folder: ((name: string) => string) | null
  readonly hint: string
  /** Said of a folder in which nothing is shown: why. */
  readonly empty: string
}

const onlyFolders = 'There is no folder in here. Files are not shown.'

/** What is taken for a purpose, and how the button that takes a folder is called. */
const wanted: Readonly<Record<Purpose, Wanted>> = {
  model: {
    file: true,
    folder: (name) => `Open ${name} as a model`,
    hint: 'A folder with config.json and safetensors, or an .onnx file with tokenizer.json beside it.',
    empty: 'There is no folder and no .onnx file in here. Other files are not shown.',
  },
  'language-model': {
    file: true,
    folder: (name) => `Use ${name} as a language model`,
    hint: 'A folder with config.json, safetensors and a chat template, or an .onnx file with tokenizer.json beside it.',
    empty: 'There is no folder and no .onnx file in here. Other files are not shown.',
  },
  'sentence-model': {
    file: false,
    folder: (name) => `Use ${name} as a sentence model`,
    hint: 'An ONNX export of sentence-transformers: a folder with tokenizer.json and model.onnx or onnx/model.onnx.',
    empty: onlyFolders,
  },
  data: {
    file: true,
    folder: null,
    hint: 'CSV, TSV, JSON, JSONL, Parquet, plain text or cloze questions (CBT). The file stays where it is.',
    empty: 'This folder is empty. Hidden files are not shown.',
  },
  workspace: {
    file: false,
    folder: (name) => `Open ${name} as a workspace`,
    hint: 'A folder that holds workspace.json.',
    empty: onlyFolders,
  },
  'new-workspace': {
    file: false,
    folder: (name) => `Make it in ${name}`,
    hint: 'The workspace becomes a folder in the one you choose.',
    empty: onlyFolders,
  },
  'export-folder': {
    file: false,
    folder: (name) => `Export to ${name}`,
    hint: 'The exported files are written here.',
    empty: onlyFolders,
  },
}

/** What a folder that is wanted for a purpose looks like. */
const looksOf = (purpose: Purpose) => (isModelPurpose(purpose) ? 'model' : purpose)
const isModelPurpose = (purpose: Purpose) =>
  purpose === 'model' || purpose === 'language-model' || purpose === 'sentence-model'

/** Browses the folders of the machine that runs the workbench, all of it by keyboard; takes a typed path as well. */
export function FileBrowser(props: { purpose: Purpose; onPick: (grant: Grant | null) => void }) {
  const { purpose } = props
  const { client, orpc } = useRpc()
  const places = useQuery(orpc.files.places.queryOptions({ input: { purpose } }))
  const [lastPath, setLastPath] = useRemembered<string>(`files.last.${purpose}`, '')
  const last = useQuery(
    orpc.files.resolve.queryOptions({ input: { path: lastPath, purpose }, enabled: lastPath !== '', retry: false }),
  )
  const lastUsed = last.data?.kind === 'folder' ? { ...last.data, name: 'Last used' } : null
  const starts = [
    ...(lastUsed === null ? [] : [lastUsed]),
    ...(places.data ?? []).filter(({ id }) => id !== lastUsed?.id),
  ]
  const [chosen, setChosen] = useState<string | null>(null)
  const folder = chosen ?? (last.isLoading || places.isLoading ? null : (starts[0]?.id ?? null))
  const listing = useQuery(
    orpc.files.list.queryOptions({ input: { folder: folder ?? '', purpose }, enabled: folder !== null }),
  )
  const [path, setPath] = useState<string | null>(null)
  const [at, setAt] = useState(0)
  const [failure, setFailure] = useState<Failure | null>(null)
  const { file, folder: folderLabel, hint, empty } = wanted[purpose]

  /** Takes it, and keeps for the next time in which folder it was found. */
  const onPick = (grant: Grant, isWanted: boolean) => {
    setLastPath(isWanted ? folderOf(grant.path) : grant.path)
    props.onPick(grant)
  }
  const goTo = (id: string) => {
    setChosen(id)
    setPath(null)
    setAt(0)
    setFailure(null)
  }
  /** A folder that is what is wanted is taken; another one is entered; a file is taken. */
  const isWhole = (entry: Entry) => entry.kind === 'folder' && entry.looksLike === looksOf(purpose)
  const open = (entry: Entry) => {
    if (entry.kind === 'folder' && !isWhole(entry)) goTo(entry.id)
    else if (entry.kind === 'folder' || file) onPick(entry, true)
  }
  const typed = async (event: FormEvent) => {
    event.preventDefault()
    if (path === null || path.trim() === '') return
    setFailure(null)
    try {
      const grant = await client.files.resolve({ path: path.trim(), purpose })
      const isModel = isModelPurpose(purpose) && grant.looksLike === 'model'
      if (grant.kind === 'folder' && !isModel) goTo(grant.id)
      else onPick(grant, true)
    } catch (error) {
      setFailure(failureOf(error))
    }
  }
  const entries = listing.data?.entries ?? []
  const active = entries[at] ?? null
  const here = listing.data?.folder ?? null
  const isModelHere = isModelPurpose(purpose) && here?.looksLike === 'model'
  const verb = isModelPurpose(purpose) && purpose !== 'model' ? 'Use' : 'Open'
  const pickable = active && (active.kind === 'file' ? file : isWhole(active)) ? active : null
  return (
    <div className={styles.browser}>
      <p className={styles.hint}>{hint}</p>
      <form className={styles.path} onSubmit={(event) => void typed(event)}>
        <Button
          variant="default"
          aria-label="Parent folder"
          title="Parent folder"
          disabled={!listing.data?.parent}
          onClick={() => listing.data?.parent && goTo(listing.data.parent.id)}
        >
          <Icon name="chevronUp" size={14} />
        </Button>
        <TextInput
          className={styles.pathBox ?? ''}
          aria-label="Path; Enter goes there"
          value={path ?? here?.path ?? ''}
          spellCheck={false}
          onChange={(event) => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={path === null || path.trim() === ''}>
          Go
        </Button>
      </form>
      {failure && <FailureNote failure={failure} />}
      {here && isModelHere && (
        <p className={styles.whole} role="status">
          <Icon name="check" size={14} />
          <span>This folder is a model.</span>
          <Button onClick={() => onPick(here, true)}>{verb} this model</Button>
        </p>
      )}
      <div className={styles.columns}>
        <ul className={styles.places} aria-label="Places">
          {starts.map((place) => (
            <li key={place.id}>
              <button
                type="button"
                className={styles.place}
                aria-current={place.id === folder ? 'true' : undefined}
                title={place.path}
                onClick={() => goTo(place.id)}
              >
                <Icon name="folder" size={14} />
                <span>{place.name}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className={styles.entries}>
          {listing.error ? (
            <FailureNote failure={failureOf(listing.error)} onRetry={() => listing.refetch()} />
          ) : (
            <EntryList
              key={folder}
              entries={entries}
              at={at}
              loading={listing.data === undefined}
              empty={isModelHere ? 'The files of the model are not shown.' : empty}
              dims={(entry) => entry.kind === 'file' && !file}
              onAt={setAt}
              onOpen={open}
              onEnter={(entry) => entry.kind === 'folder' && goTo(entry.id)}
              onParent={() => listing.data?.parent && goTo(listing.data.parent.id)}
            />
          )}
        </div>
      </div>
      {listing.data?.truncated === true && (
        <p className={styles.hint}>Only the first 2,000 entries are shown. Type the path to reach the others.</p>
      )}
      <div className={styles.end}>
        {purpose === 'data' && <FileUpload onPick={props.onPick} onFailure={setFailure} />}
        <span className={styles.spacer} />
        <Button variant="default" onClick={() => props.onPick(null)}>
          Cancel
        </Button>
        {pickable ? (
          <Button onClick={() => onPick(pickable, true)}>
            {verb} {pickable.name}
          </Button>
        ) : (
          <Button
            variant={isModelHere ? 'default' : 'filled'}
            disabled={folderLabel === null || here === null}
            onClick={() => here && onPick(here, here.looksLike === looksOf(purpose))}
          >
            {folderLabel === null ? 'Choose a file' : folderLabel(here?.name ?? 'this folder')}
          </Button>
        )}
      </div>
    </div>
  )
}

/** The folder in which something lies, on any system. */
function folderOf(path: string): string {
  return path.replace(/[/\\][^/\\]*$/, '') || '/'
}
