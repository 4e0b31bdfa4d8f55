"""The CMDB."""
