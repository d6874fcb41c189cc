/** Every view, in the order of the job. */
export const viewIds = [
  'start',
  'model',
  'data',
  'neurons',
  'review',
  'forget',
  'prune',
  'compare',
  'export',
  'jobs',
  'settings',
] as const
export type ViewId = (typeof viewIds)[number]
