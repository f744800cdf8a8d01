"""The use cases behind the admin API, the command line and the jobs."""
