import type { OpenDialogOptions } from 'electron'
import type { Purpose } from '../../contract/workbench/files.ts'

const endings = {
  model: ['onnx', 'safetensors', 'json'],
  data: ['txt', 'csv', 'tsv', 'jsonl', 'ndjson', 'json', 'parquet', 'md'],
}

/**
 * The system's dialog for a purpose. Only a Mac has one dialog for files and folders alike: elsewhere a model is chosen by one of
 * its files, and `pathOfChoice` takes the folder.
 */
export function dialogOptions(purpose: Purpose, platform: NodeJS.Platform): OpenDialogOptions {
  const any = { name: 'All files', extensions: ['*'] }
  switch (purpose) {
    case 'model':
      return {
        title: 'Open a model',
        buttonLabel: 'Open model',
        message: 'A model folder, or an .onnx file',
        properties: platform === 'darwin' ? ['openFile', 'openDirectory'] : ['openFile'],
        filters: [{ name: 'Models: .onnx, or a file of the model folder', extensions: endings.model }, any],
      }
    case 'language-model':
      return { ...dialogOptions('model', platform), title: 'Choose a language model', buttonLabel: 'Choose model' }
    case 'sentence-model':
      return { title: 'Choose the folder of a sentence model', buttonLabel: 'Choose', properties: ['openDirectory'] }
    case 'data':
      return {
        title: 'Import data',
        buttonLabel: 'Choose data',
        properties: ['openFile'],
        filters: [{ name: 'Text, tables and JSON lines', extensions: endings.data }, any],
      }
    case 'workspace':
      return { title: 'Open a workspace', buttonLabel: 'Open workspace', properties: ['openDirectory'] }
    case 'new-workspace':
      return {
        title: 'Where to make the workspace',
        buttonLabel: 'Choose folder',
        properties: ['openDirectory', 'createDirectory'],
      }
    case 'export-folder':
      return {
        title: 'Where to write the export',
        buttonLabel: 'Choose folder',
        properties: ['openDirectory', 'createDirectory'],
      }
  }
}

/** The model behind a chosen file: an .onnx is one itself, any other file stands for the folder it lies in. */
export function pathOfChoice(purpose: Purpose, path: string, folderOf: (path: string) => string): string {
  const isModel = purpose === 'model' || purpose === 'language-model'
  const standsForFolder = isModel && /\.(?:json|safetensors)$/i.test(path)
  return standsForFolder ? folderOf(path) : path
}
