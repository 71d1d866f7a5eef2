/* Keeps the room buildable until its first file lands. */
typedef int bw_ctl_room_is_empty;
