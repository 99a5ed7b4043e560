export type { Progress } from './collab/document-exchange.ts'
export type { GetToken } from './collab/room-connection.ts'
export { createRoomSession, type RoomSession, type RoomSessionOptions } from './collab/room-session.ts'
export type { SavingStatus } from './collab/saving-status.ts'
export { createSessions, type SessionLease, type Sessions, type SessionsOptions } from './collab/sessions.ts'
export type { DeviceStorage } from './device/room-on-device.ts'
export { storedRooms, type StoredRoomInfo, type StoredRooms, type StoredRoomsOptions } from './device/stored-rooms.ts'
export type { Person } from './presence/people.ts'
export {
  Canvas,
  type CanvasProps,
  SharedCanvas,
  type SharedCanvasHandle,
  type SharedCanvasProps,
} from './SharedCanvas.tsx'
