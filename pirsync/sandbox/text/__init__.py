"""What people write, in every form of it: Atlassian documents and wiki markup of Jira, storage format of Confluence."""
