"""What streams tell of themselves: health for all, and what a dashboard shows of sound and of sight."""
