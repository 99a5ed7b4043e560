export { createRoomSession, type RoomSession, type RoomSessionOptions } from './collab/room-session.ts'
export type { SavingStatus } from './collab/saving-status.ts'
export type { Person } from './presence/people.ts'
export { SharedCanvas, type SharedCanvasHandle, type SharedCanvasProps } from './SharedCanvas.tsx'
