import type { Person } from '@sketchroom/canvas'

/** What is said of somebody's activity; nothing of those who are at work. */
export const ACTIVITY: Record<Person['activity'], string> = { active: '', idle: 'idle', away: 'away' }

/** "Ada", or "Ada, idle". */
export function describePerson({ user, activity }: Person): string {
  return ACTIVITY[activity] ? `${user.name}, ${ACTIVITY[activity]}` : user.name
}
