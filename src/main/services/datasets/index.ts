export { readDataset, type ReadDatasetOptions } from './read-dataset.ts'
export { hashDocuments } from './hash-documents.ts'
