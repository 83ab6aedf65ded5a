"""The generic step kinds, registered through core's own entry point like anyone's."""
