import { EmptyState } from '../../components/EmptyState.tsx'

/** Stands where the view will be. */
export function View() {
  return <EmptyState title="Nothing here yet">This view is not there yet.</EmptyState>
}
