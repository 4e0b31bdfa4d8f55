"""The CMDB in an instance's file."""
